/** Versions and version constraints, as the Masterminds library for Go understands them. */
export { matches, parseConstraint, type Constraint } from './constraint.ts'
export { filterAndSort } from './filter.ts'
export { compareVersions, parseLoose, parseStrict, parseTag, Version } from './version.ts'
