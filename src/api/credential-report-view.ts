import type { CredentialReport } from '../core/credential-report.ts'

/**
 * The report for somebody who may not list the shared Secrets: of those they learn which serves them, of which kind it
 * is and whether it works. Not as whom, by what pattern, or what others there are.
 */
export function withoutShared(report: CredentialReport, sharedNamespace: string): CredentialReport {
  const isShared = (secret: string | undefined): boolean =>
    secret?.startsWith(`${sharedNamespace}/`) === true
  return {
    ...report,
    addresses: report.addresses.map(({ identity, ...address }) => ({
      ...address,
      ...(identity !== undefined && !isShared(address.secret) && { identity }),
      passedOver: address.passedOver.filter(({ secret }) => !isShared(secret)),
    })),
    secrets: report.secrets.map(({ repoURL, ...secret }) =>
      isShared(secret.secret) ? { ...secret, problems: [] } : { ...secret, repoURL },
    ),
  }
}
