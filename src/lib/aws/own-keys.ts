import { GantryError, hasCode } from '../../core/errors.ts'
import type { ExchangeTools } from '../../credential.ts'
import { askForJson, askService, type ExchangeStep, textIn } from '../exchange.ts'
import type { AwsKeys } from './sigv4.ts'
import { assumeRoleWithWebIdentity } from './sts.ts'

/** What this machine may be found to be by; the names are those of Amazon's SDKs. */
export const awsVariables = {
  AWS_ACCESS_KEY_ID: 'With AWS_SECRET_ACCESS_KEY (and AWS_SESSION_TOKEN): keys in the environment',
  AWS_ROLE_ARN: 'With AWS_WEB_IDENTITY_TOKEN_FILE: IAM roles for service accounts (EKS sets both)',
  AWS_CONTAINER_CREDENTIALS_FULL_URI:
    'With AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: EKS Pod Identity (its agent sets both)',
  AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: 'The same on ECS',
  AWS_EC2_METADATA_DISABLED: '`true` keeps Gantry from asking the instance for its role',
} as const

/**
 * Gantry's own keys at AWS: of the environment, of a web identity, of the container's or the instance's identity
 * service, in this order. Undefined when there are none.
 */
export async function findOwnKeys(
  tools: ExchangeTools,
  region: string,
  session: string,
  signal: AbortSignal,
): Promise<AwsKeys | undefined> {
  const { env } = tools
  const accessKeyId = env['AWS_ACCESS_KEY_ID']
  const secretAccessKey = env['AWS_SECRET_ACCESS_KEY']
  if (accessKeyId && secretAccessKey) {
    const sessionToken = env['AWS_SESSION_TOKEN'] || undefined
    return concealed(tools, { accessKeyId, secretAccessKey, sessionToken })
  }
  const arn = env['AWS_ROLE_ARN']
  const tokenFile = env['AWS_WEB_IDENTITY_TOKEN_FILE']
  if (arn && tokenFile) {
    const token = (await tools.readFile(tokenFile)).trim()
    tools.conceal(token)
    return assumeRoleWithWebIdentity(tools, region, { arn, session, token }, signal)
  }
  return (await containerKeys(tools, signal)) ?? instanceKeys(tools, signal)
}

const containerTitle = "asking for the container's AWS keys"
/** Where plain http is how it is done; elsewhere the token would travel in clear. */
const containerHosts = new Set(['169.254.170.2', '169.254.170.23', '[fd00:ec2::23]'])

async function containerKeys(
  tools: ExchangeTools,
  signal: AbortSignal,
): Promise<AwsKeys | undefined> {
  const { env } = tools
  const relative = env['AWS_CONTAINER_CREDENTIALS_RELATIVE_URI']
  const url = relative
    ? `http://169.254.170.2${relative}`
    : env['AWS_CONTAINER_CREDENTIALS_FULL_URI']
  if (!url) return undefined
  if (!URL.canParse(url)) {
    throw new GantryError('Invalid', 'AWS_CONTAINER_CREDENTIALS_FULL_URI is not an address')
  }
  const file = env['AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE']
  const token = file
    ? (await tools.readFile(file)).trim()
    : env['AWS_CONTAINER_AUTHORIZATION_TOKEN']
  if (token) tools.conceal(token)
  const answer = await askForJson(
    tools.http,
    {
      title: containerTitle,
      method: 'GET',
      url,
      headers: token ? { authorization: token } : {},
      plainHttp: containerHosts.has(new URL(url).hostname),
    },
    signal,
  )
  return concealed(tools, {
    accessKeyId: textIn(answer, 'AccessKeyId', containerTitle),
    secretAccessKey: textIn(answer, 'SecretAccessKey', containerTitle),
    sessionToken: textIn(answer, 'Token', containerTitle),
  })
}

const instanceTitle = "asking for the instance's AWS keys"
const instanceRoot = 'http://169.254.169.254/latest'

/** The role of an EC2 instance (IMDSv2). Where nothing answers at once this is no instance. */
async function instanceKeys(
  tools: ExchangeTools,
  signal: AbortSignal,
): Promise<AwsKeys | undefined> {
  if (tools.env['AWS_EC2_METADATA_DISABLED']?.toLowerCase() === 'true') return undefined
  const ask = { title: instanceTitle, timeoutMs: 1000, plainHttp: true } as const
  let token: string
  try {
    token = await askText(
      tools,
      {
        ...ask,
        method: 'PUT',
        url: `${instanceRoot}/api/token`,
        headers: { 'x-aws-ec2-metadata-token-ttl-seconds': '300' },
      },
      signal,
    )
  } catch {
    signal.throwIfAborted()
    return undefined
  }
  tools.conceal(token)
  const headers = { 'x-aws-ec2-metadata-token': token }
  const roles = `${instanceRoot}/meta-data/iam/security-credentials/`
  const role = await roleOf(tools, { ...ask, method: 'GET', url: roles, headers }, signal)
  if (role === '') return undefined
  const url = `${roles}${encodeURIComponent(role)}`
  const answer = await askForJson(tools.http, { ...ask, method: 'GET', url, headers }, signal)
  return concealed(tools, {
    accessKeyId: textIn(answer, 'AccessKeyId', instanceTitle),
    secretAccessKey: textIn(answer, 'SecretAccessKey', instanceTitle),
    sessionToken: textIn(answer, 'Token', instanceTitle),
  })
}

/** The role that the instance has; an empty text when it has none, which is a 404. */
async function roleOf(
  tools: ExchangeTools,
  step: ExchangeStep,
  signal: AbortSignal,
): Promise<string> {
  try {
    const found = await askText(tools, step, signal)
    return found.split('\n', 1)[0]?.trim() ?? ''
  } catch (thrown) {
    if (hasCode(thrown, 'NotFound')) return ''
    throw thrown
  }
}

async function askText(
  tools: ExchangeTools,
  step: ExchangeStep,
  signal: AbortSignal,
): Promise<string> {
  const { body } = await askService(tools.http, step, signal)
  return Buffer.from(body).toString('utf8')
}

function concealed(tools: ExchangeTools, keys: AwsKeys): AwsKeys {
  tools.conceal(keys.secretAccessKey)
  if (keys.sessionToken !== undefined) tools.conceal(keys.sessionToken)
  return keys
}
