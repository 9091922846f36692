import { z } from 'zod'
import { defineStep } from '../step.ts'

export default defineStep({
  kind: 'fail',
  summary: 'End the promotion as failed, with a reason.',
  effect: 'pure',
  config: z.strictObject({
    message: z.string().min(1).optional().describe('Why it fails'),
  }),
  output: z.strictObject({}),
  example: { message: 'the smoke test did not pass' },
  run(_ctx, { message }) {
    const text = message === undefined ? 'failed' : `failed: ${message}`
    return Promise.resolve({ status: 'Failed', terminal: true, message: text })
  },
})
