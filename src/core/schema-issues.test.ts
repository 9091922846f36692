import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import { describeIssues } from './schema-issues.ts'

const schema = z.strictObject({
  path: z.string().min(1),
  count: z.int().min(1).max(5).optional(),
  mode: z.enum(['x', 'y']).optional(),
  updates: z
    .array(z.strictObject({ key: z.string().min(1) }))
    .min(1)
    .optional(),
  permissions: z
    .string()
    .regex(/^0[0-7]{3}$/u)
    .optional(),
  url: z.url().optional(),
  email: z.email().optional(),
  either: z.union([z.string(), z.boolean()]).optional(),
})

const reasons = (input: unknown): string[] => {
  const parsed = schema.safeParse(input)
  return parsed.success ? [] : describeIssues(parsed.error, input)
}

test('reasons read as those of the validator that Kargo uses', () => {
  for (const [input, expected] of [
    [{}, ['(root): path is required']],
    [{ path: '' }, ['path: String length must be greater than or equal to 1']],
    [{ path: 42 }, ['path: Invalid type. Expected: string, given: integer']],
    [{ path: null }, ['path: Invalid type. Expected: string, given: null']],
    [{ path: 'p', count: 1.5 }, ['count: Invalid type. Expected: integer, given: number']],
    [{ path: 'p', count: '3' }, ['count: Invalid type. Expected: number, given: string']],
    [{ path: 'p', count: 0 }, ['count: Must be greater than or equal to 1']],
    [{ path: 'p', count: 6 }, ['count: Must be less than or equal to 5']],
    [{ path: 'p', mode: 'z' }, ['mode: mode must be one of the following: "x", "y"']],
    [{ path: 'p', updates: [] }, ['updates: Array must have at least 1 items']],
    [{ path: 'p', updates: {} }, ['updates: Invalid type. Expected: array, given: object']],
    [{ path: 'p', updates: [{}] }, ['updates.0: key is required']],
    [
      { path: 'p', updates: [{ key: '' }] },
      ['updates.0.key: String length must be greater than or equal to 1'],
    ],
    [{ path: 'p', permissions: '644' }, ["permissions: Does not match pattern '^0[0-7]{3}$'"]],
    [{ path: 'p', url: 'git@host:path' }, ["url: Does not match format 'uri'"]],
    [{ path: 'p', email: 'x' }, ["email: Does not match format 'email'"]],
    [{ path: 'p', either: 1 }, ['either: Must validate one and only one schema (oneOf)']],
    [
      { foo: 1, bar: 2 },
      [
        '(root): path is required',
        '(root): Additional property foo is not allowed',
        '(root): Additional property bar is not allowed',
      ],
    ],
    [null, ['(root): Invalid type. Expected: object, given: null']],
    [['x'], ['(root): Invalid type. Expected: object, given: array']],
  ] as const) {
    assert.deepEqual(reasons(input), expected, JSON.stringify(input))
  }
})
