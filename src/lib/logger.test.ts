import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRedactor } from '../core/redact.ts'
import { createLogger } from './logger.ts'

function start() {
  const lines: string[] = []
  const redactor = createRedactor()
  const log = createLogger({
    level: 'info',
    redactor,
    destination: { write: (line) => lines.push(line) },
  })
  return { lines, redactor, log }
}

test('S35: line breaks and escape sequences in what others wrote cannot make up a line of the log', () => {
  const { lines, log } = start()
  const forged = 'x\n{"level":50,"msg":"forged"}\r\n\u001b[2J\u2028\u0000'
  log.with({ [forged]: forged }).warn(forged, { name: forged })
  log.error('second')
  assert.equal(lines.length, 2)
  for (const line of lines) {
    assert.match(line, /^[^\n\r]*\n$/)
    assert.ok(!line.includes('\u001b') && !line.includes('\u0000'), 'no control characters')
  }
  const first: unknown = JSON.parse(lines[0] ?? '')
  assert.deepEqual(
    first !== null && typeof first === 'object' && 'name' in first && first.name,
    forged,
  )
})

test('S15: a live secret is masked in messages, in fields and in the fields of a logger of its own', () => {
  const { lines, redactor, log } = start()
  redactor.add('hunter2-hunter2')
  log
    .with({ url: 'https://bot:hunter2-hunter2@example.com' })
    .info('used hunter2-hunter2', { deep: [{ token: 'hunter2-hunter2' }] })
  assert.equal(lines.length, 1)
  assert.doesNotMatch(lines[0] ?? '', /hunter2/)
  assert.match(lines[0] ?? '', /used \*{6}/)
})

test('what is below the level is not written', () => {
  const { lines, log } = start()
  log.debug('quiet')
  assert.deepEqual(lines, [])
})
