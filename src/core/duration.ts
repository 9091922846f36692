/** Go durations (`1h30m`, `90s`), as every manifest writes them. */
export { formatDuration, parseDuration } from './policy/duration.ts'
