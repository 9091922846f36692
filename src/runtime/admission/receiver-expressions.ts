import type { GenericReceiverAction } from '../../core/kinds/webhook-receivers.ts'
import {
  type ExpressionProblem,
  expressionProblems,
  places,
  templateProblems,
} from './expressions.ts'

type Criterion = GenericReceiverAction['targetSelectionCriteria'][number]

/** What is wrong in the expressions of a generic receiver's action, and indices that its targets do not have. */
export function actionProblems(action: GenericReceiverAction, field: string): ExpressionProblem[] {
  const given = Object.keys(action.parameters ?? {})
  const entries = { params: given, request: ['body', 'header', 'headers', 'params'] }
  const templates = { ...places.receiverTemplate, entries }
  return [
    ...expressionProblems(action.whenExpression, `${field}.whenExpression`, {
      ...places.receiver,
      entries,
    }),
    // Parameters do not see one another.
    ...templateProblems(action.parameters, `${field}.parameters`, {
      ...templates,
      entries: { ...entries, params: [] },
    }),
    ...action.targetSelectionCriteria.flatMap((criterion, index) => {
      const at = `${field}.targetSelectionCriteria[${index}]`
      const { name, labelSelector, indexSelector } = criterion
      return [
        ...templateProblems({ name, labelSelector, indexSelector }, at, templates),
        ...indexProblems(criterion, at),
      ]
    }),
  ]
}

function indexProblems({ kind, indexSelector }: Criterion, field: string): ExpressionProblem[] {
  return (indexSelector?.matchIndices ?? []).flatMap(({ key }, index) =>
    kind === 'Warehouse' && key === 'subscribedURLs'
      ? []
      : [
          {
            field: `${field}.indexSelector.matchIndices[${index}].key`,
            why: `a ${kind} has no index ${key}: use subscribedURLs with kind Warehouse, or select by name or labels`,
          },
        ],
  )
}
