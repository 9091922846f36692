import { z } from 'zod'

/** A mailbox as Go's mail parser takes it, with or without a name before it. */
const mailbox = /^(?:[^<>@]*<[^\s<>@]+@[^\s<>@]+>|[^\s<>@]+@[^\s<>@]+)$/u

/** Who makes commits, as the steps' configs say it. */
export const Author = z.strictObject({
  name: z.string().min(1).describe('Name in the commits'),
  email: z
    .string()
    .refine((text) => mailbox.test(text), { message: "Does not match format 'email'" })
    .meta({ format: 'email', description: 'Email in the commits' }),
  signingKey: z
    .string()
    .optional()
    .describe('Private key (OpenSSH or armoured PGP) that signs the commits'),
})

export type Author = z.output<typeof Author>
