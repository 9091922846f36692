import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatTable } from './output.ts'
import { lineWriter, printable, printableLine } from './printable.ts'

test('S35: what others wrote cannot steer the terminal, whatever command shows it', () => {
  const hostile = '\u001b]0;title\u0007 \u001b[2Jred\r\u009b31m \u202eabc\u2066'
  for (const show of [printable, printableLine]) {
    const shown = show(hostile)
    // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
    assert.doesNotMatch(shown, /[\u0000-\u001f\u007f-\u009f\u202e\u2066]/u)
    assert.match(shown, /\\u001b\]0;title\\u0007/u)
  }
  assert.equal(printable('zwölf\t🙂\nlines'), 'zwölf\t🙂\nlines')
  assert.equal(printableLine('zwölf\t🙂\nlines'), 'zwölf 🙂 lines')
})

test('a cell of a table stays in its row', () => {
  const text = formatTable([
    ['NAME', 'ERROR'],
    ['web', 'first\nsecond \u001b[31m'],
  ])
  assert.deepEqual(text.split('\n'), ['NAME   ERROR', 'web    first second \\u001b[31m'])
})

test('a terminal gets what is printable, a file gets what was said', () => {
  const written: string[] = []
  const write = (text: string): void => void written.push(text)
  lineWriter({ isTTY: true, write })('a\u001b[31m')
  lineWriter({ write })('a\u001b[31m')
  assert.deepEqual(written, ['a\\u001b[31m\n', 'a\u001b[31m\n'])
})
