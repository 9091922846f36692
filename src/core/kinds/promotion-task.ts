import { z } from 'zod'
import { defineKind } from './kind.ts'
import { ageColumn } from './columns.ts'
import { PromotionStep } from './promotion-step.ts'
import {
  ExpressionVariable,
  KargoApiVersion,
  kargoGroup,
  kargoVersion,
  Metadata,
} from './shared.ts'

export const PromotionTaskSpec = z.object({
  vars: z
    .array(ExpressionVariable)
    .optional()
    .describe('Inputs with their defaults; one without a value must be given.'),
  steps: z
    .array(
      PromotionStep.meta({
        k8s: {
          validations: [
            {
              rule: 'has(self.uses) && !has(self.task)',
              message: 'a step must set uses and not task',
            },
          ],
        },
      }),
    )
    .min(1)
    .describe('The steps, in order. Tasks do not nest.'),
})
export type PromotionTaskSpec = z.infer<typeof PromotionTaskSpec>

export const PromotionTask = z.object({
  apiVersion: KargoApiVersion,
  kind: z.literal('PromotionTask').describe('The kind.'),
  metadata: Metadata.describe('Name, namespace, labels, annotations.'),
  spec: PromotionTaskSpec.describe('Inputs and steps.'),
})
export type PromotionTask = z.infer<typeof PromotionTask>

export const PromotionTaskKind = defineKind<PromotionTask>({
  kind: 'PromotionTask',
  group: kargoGroup,
  version: kargoVersion,
  plural: 'promotiontasks',
  shortNames: ['promotask', 'promotasks'],
  namespaced: true,
  hasStatus: false,
  summary: 'Steps that several Stages of a Project share.',
  schema: PromotionTask,
  columns: [ageColumn()],
})
