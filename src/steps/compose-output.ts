import { z } from 'zod'
import { defineStep } from '../step.ts'

const Values = z
  .record(z.string(), z.json())
  .refine((values) => Object.keys(values).length > 0, {
    message: 'Must have at least 1 properties',
  })
  .meta({ minProperties: 1 })

export default defineStep({
  kind: 'compose-output',
  summary: "Put values together as this step's output, and as its task's.",
  effect: 'pure',
  taskOutput: true,
  config: Values,
  output: z.record(z.string(), z.json()),
  example: { image: 'example/app:v1.2.3' },
  run(_ctx, values) {
    return Promise.resolve({ status: 'Succeeded', output: values })
  },
})
