import { isTerminal, PromotionKind } from '../../core/kinds/promotion.ts'
import { withdrawalOf } from '../../core/policy/promotion-record.ts'
import { hasStarted } from '../../core/policy/promotion-order.ts'
import { slim } from '../../runtime/controller.ts'

/**
 * Of a Promotion that has ended the gates look at whose it was and how it ended. Its steps, their outputs and records
 * are most of an installation's bulk, and are read from the store when they are wanted.
 */
export const slimPromotions = slim(PromotionKind, (promotion) => {
  const { metadata, spec, status } = promotion
  if (status === undefined || !isTerminal(status.phase)) return promotion
  const { ownerReferences: _owners, managedFields: _fields, ...kept } = metadata
  const { phase, message, startedAt, finishedAt } = status
  const withdrawn = withdrawalOf(status)
  return {
    apiVersion: promotion.apiVersion,
    kind: promotion.kind,
    metadata: kept,
    spec: { stage: spec.stage, freight: spec.freight },
    status: {
      phase,
      message,
      finishedAt,
      startedAt: startedAt ?? (hasStarted(status) ? finishedAt : undefined),
      ...(withdrawn !== undefined && { gantry: { withdrawn: { ...withdrawn } } }),
    },
  }
})
