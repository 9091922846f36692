import { z } from 'zod'
import { FreightReference } from './artifacts.ts'
import { Timestamp } from './shared.ts'

/** The Freight that is in a Stage together, and how it was verified there. */

export const VerificationPhase = z.enum([
  'Pending',
  'Running',
  'Successful',
  'Failed',
  'Error',
  'Aborted',
  'Inconclusive',
])
export type VerificationPhase = z.infer<typeof VerificationPhase>

export const VerificationInfo = z.object({
  id: z.string().optional().describe('Identifies this verification (a UUID).'),
  actor: z.string().optional().describe('Who asked for it, when it was asked for.'),
  startTime: Timestamp.optional().describe('When it started.'),
  phase: VerificationPhase.optional().describe('How it stands.'),
  message: z.string().optional().describe('Why it stands so.'),
  analysisRun: z
    .object({
      namespace: z.string().describe('Namespace of the AnalysisRun.'),
      name: z.string().describe('Name of the AnalysisRun.'),
      phase: z.string().describe('Phase of the AnalysisRun when last seen.'),
    })
    .optional()
    .describe('The AnalysisRun that carries it out.'),
  finishTime: Timestamp.optional().describe('When it ended.'),
})
export type VerificationInfo = z.infer<typeof VerificationInfo>

export const FreightCollection = z.object({
  id: z.string().describe('SHA-1 of the sorted names of the Freight in it.'),
  items: z
    .record(z.string(), FreightReference)
    .optional()
    .describe('Freight by origin, as in `Warehouse/<name>`.'),
  verificationHistory: z
    .array(VerificationInfo)
    .optional()
    .describe('Verifications of this collection, newest first, at most 10.'),
})
export type FreightCollection = z.infer<typeof FreightCollection>
