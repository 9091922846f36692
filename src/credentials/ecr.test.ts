// The stand-in answers as Amazon's API references describe ECR's and ECR Public's GetAuthorizationToken (JSON 1.1; a list
// and one object), STS's AssumeRole, AssumeRoleWithWebIdentity and GetCallerIdentity (query, XML, with its namespace and
// form of errors), the container credentials endpoint (ECS, EKS Pod Identity) and the instance metadata service (IMDSv2,
// where an instance without a role answers 404). Signatures are computed once more from the request as it arrived.
import assert from 'node:assert/strict'
import { createHash, createHmac } from 'node:crypto'
import { after, beforeEach, test } from 'node:test'
import { type LookupSetup, makeLookup } from '../../test/credential-kit.ts'
import { createFakeClock, type FakeClock } from '../../test/fake-clock.ts'
import { type CloudAnswer, type CloudRequest, startCloud } from '../../test/servers/cloud.ts'
import { hasCode } from '../core/errors.ts'
import { createRedactor } from '../core/redact.ts'
import basic from './basic.ts'
import ecr from './ecr.ts'
import ecrAmbient from './ecr-ambient.ts'

const cloud = await startCloud()
after(() => cloud.close())

const image = '123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/app'
const secrets: Record<string, string> = {
  AKIASTATIC: 'static-secret-key',
  ASIAOWN: 'own-secret-key-1',
  ASIAPROJECT: 'project-secret-key',
}
const hourMs = 3_600_000
let clock: FakeClock
let roles: readonly string[]

const hmac = (key: string | Buffer, text: string): Buffer =>
  createHmac('sha256', key).update(text).digest()
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

/** The key that a request is really signed with. */
function signerOf({ method, path, headers, body }: CloudRequest): string {
  const [, id = '', day = '', region = '', service = '', names = '', signature = ''] =
    /Credential=(\w+)\/(\d{8})\/([\w-]+)\/([\w-]+)\/aws4_request, SignedHeaders=([\w;-]+), Signature=(\w+)/u.exec(
      headers['authorization']?.toString() ?? '',
    ) ?? []
  const lines = names.split(';').map((name) => `${name}:${String(headers[name])}`)
  const canonical = [method, path, '', ...lines, '', names, sha256(body)].join('\n')
  const scope = `${day}/${region}/${service}/aws4_request`
  const text = `AWS4-HMAC-SHA256\n${String(headers['x-amz-date'])}\n${scope}\n${sha256(canonical)}`
  const key = hmac(hmac(hmac(hmac(`AWS4${secrets[id]}`, day), region), service), 'aws4_request')
  assert.equal(hmac(key, text).toString('hex'), signature, 'the signature fits the request')
  return id
}

function keysXml(action: string, id: string): CloudAnswer {
  return {
    body: `<${action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><${action}Result><Credentials><AccessKeyId>${id}</AccessKeyId><SecretAccessKey>${secrets[id]}</SecretAccessKey><SessionToken>session-of-${id}</SessionToken><Expiration>2030-01-01T00:00:00Z</Expiration></Credentials></${action}Result></${action}Response>`,
  }
}

const stsError = (status: number, code: string): CloudAnswer => ({
  status,
  body: `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>${code}</Code><Message>It is so</Message></Error><RequestId>01234567-89ab-cdef-0123-456789abcdef</RequestId></ErrorResponse>`,
})

/** ECR Public: another service by name of signature and target; one object where the others answer with a list. */
function ecrPublic(request: CloudRequest): CloudAnswer | undefined {
  const { host, headers } = request
  if (host !== 'api.ecr-public.us-east-1.amazonaws.com') return undefined
  assert.match(String(headers['authorization']), /\/us-east-1\/ecr-public\/aws4_request/u)
  const id = signerOf(request)
  assert.equal(headers['x-amz-target'], 'SpencerFrontendService.GetAuthorizationToken')
  const authorizationToken = Buffer.from(`AWS:public-password-of-${id}`).toString('base64')
  const expiresAt = (clock.now() + 12 * hourMs) / 1000
  return { body: { authorizationData: { authorizationToken, expiresAt } } }
}

function aws(request: CloudRequest): CloudAnswer | undefined {
  const { host, headers, body } = request
  if (host.startsWith('api.ecr-public.')) return ecrPublic(request)
  if (host.startsWith('api.ecr.')) {
    const id = signerOf(request)
    assert.equal(
      headers['x-amz-target'],
      'AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken',
    )
    assert.equal(headers['content-type'], 'application/x-amz-json-1.1')
    const authorizationToken = Buffer.from(`AWS:password-of-${id}`).toString('base64')
    const expiresAt = (clock.now() + 12 * hourMs) / 1000
    return { body: { authorizationData: [{ authorizationToken, expiresAt, proxyEndpoint: '' }] } }
  }
  if (host === '169.254.170.23') {
    assert.equal(headers['authorization'], 'pod-identity-token')
    const keys = {
      AccessKeyId: 'ASIAOWN',
      SecretAccessKey: secrets['ASIAOWN'],
      Token: 'own-session',
    }
    return { body: keys }
  }
  const form = new URLSearchParams(body)
  switch (form.get('Action')) {
    case 'AssumeRoleWithWebIdentity':
      assert.equal(form.get('WebIdentityToken'), 'web-identity-token')
      assert.equal(headers['authorization'], undefined)
      return keysXml('AssumeRoleWithWebIdentity', 'ASIAOWN')
    case 'GetCallerIdentity':
      signerOf(request)
      return { body: '<Account>999999999999</Account>' }
    case 'AssumeRole': {
      signerOf(request)
      assert.equal(form.get('ExternalId'), 'kargo-project-demo')
      assert.equal(form.get('RoleSessionName'), 'kargo-controller')
      if (roles.includes(form.get('RoleArn') ?? '')) return keysXml('AssumeRole', 'ASIAPROJECT')
      return stsError(403, 'AccessDenied')
    }
    default:
      return undefined
  }
}

beforeEach(() => {
  clock = createFakeClock()
  roles = []
  cloud.log.length = 0
  cloud.answer(aws)
})

const data = {
  repoURL: image,
  awsRegion: 'eu-west-1',
  awsAccessKeyID: 'AKIASTATIC',
  awsSecretAccessKey: 'static-secret-key',
}
const { signal } = new AbortController()

function find(url = image, setup: LookupSetup = {}, type: 'image' | 'helm' = 'image') {
  const entries = [{ name: 'ecr', type, data: { ...data, repoURL: url } }]
  return makeLookup(entries, { providers: [basic, ecr], http: cloud.http, clock, ...setup }).find({
    project: 'demo',
    type,
    url,
    signal,
  })
}

test('access keys become a password; charts in registries too', async () => {
  const credential = await find()
  assert.equal(credential?.username, 'AWS')
  assert.equal(credential.password, 'password-of-AKIASTATIC')
  assert.equal(cloud.log[0]?.host, 'api.ecr.eu-west-1.amazonaws.com')
  assert.ok(await find(`oci://${image}`, {}, 'helm'))
})

test('a password is kept for ten hours at most, and its renewal changes no fingerprint', async () => {
  const lookup = makeLookup([{ name: 'ecr', type: 'image', data }], {
    providers: [ecr],
    http: cloud.http,
    clock,
  })
  const ask = () => lookup.find({ project: 'demo', type: 'image', url: image, signal })
  const first = await ask()
  await clock.advance(9 * hourMs)
  await ask()
  assert.equal(cloud.log.length, 1)
  await clock.advance(hourMs)
  assert.equal((await ask())?.fingerprint, first?.fingerprint)
  assert.equal(cloud.log.length, 2)
})

test('S25: no other host gets it, whatever the pattern says', async () => {
  const anywhere = { ...data, repoURL: '.*', repoURLIsRegex: 'true' }
  const lookup = makeLookup([{ name: 'ecr', type: 'image', data: anywhere }], { providers: [ecr] })
  for (const url of [
    'evil.test/app',
    '123456789012.dkr.ecr.eu-west-1.amazonaws.com.evil.test/app',
    'evil.test/123456789012.dkr.ecr.eu-west-1.amazonaws.com/app',
    '1234.dkr.ecr.eu-west-1.amazonaws.com/app',
  ])
    assert.equal(await lookup.find({ project: 'demo', type: 'image', url, signal }), undefined, url)
})

test('a region that is none is refused before anything is asked', async () => {
  const entry = { name: 'ecr', type: 'image' as const, data: { ...data, awsRegion: 'evil.test/#' } }
  const lookup = makeLookup([entry], { providers: [ecr], http: cloud.http, clock })
  const asked = lookup.find({ project: 'demo', type: 'image', url: image, signal })
  await assert.rejects(asked, (error) => hasCode(error, 'Invalid'))
  assert.equal(cloud.log.length, 0)
})

test("failures keep AWS's own code, name the Secret, and say nothing secret", async () => {
  const redactor = createRedactor()
  for (const [status, code] of [
    [400, 'Unauthorized'],
    [403, 'Forbidden'],
    [500, 'Unreachable'],
  ] as const) {
    cloud.answer(({ headers }) => ({
      status,
      body: { __type: 'UnrecognizedClientException', message: String(headers['authorization']) },
    }))
    await assert.rejects(find(image, { redactor }), (error) => {
      assert.ok(hasCode(error, code))
      assert.match(error.message, /demo\/ecr .*UnrecognizedClientException/u)
      assert.doesNotMatch(error.message, /static-secret|Signature/u)
      return true
    })
  }
})

const publicImage = 'public.ecr.aws/nginx/nginx'

test('the public registry has tokens of its own, issued in one region', async () => {
  const credential = await find(publicImage)
  assert.equal(credential?.username, 'AWS')
  assert.equal(credential.password, 'public-password-of-AKIASTATIC')
  const both = makeLookup(
    [image, publicImage].map((repoURL, index) => ({
      name: `ecr-${index}`,
      type: 'image' as const,
      data: { ...data, awsRegion: 'us-east-1', repoURL },
    })),
    { providers: [ecr], http: cloud.http, clock },
  )
  const of = async (url: string) =>
    (await both.find({ project: 'demo', type: 'image', url, signal }))?.password
  assert.equal(await of(image), 'password-of-AKIASTATIC')
  assert.equal(await of(publicImage), 'public-password-of-AKIASTATIC')
  assert.equal(await find('public.ecr.aws.evil.test/nginx/nginx'), undefined)
})

test("ambient: the public registry, with the Project's role in Gantry's own account; else as nobody", async () => {
  assert.equal((await ambient(web, publicImage))?.password, 'public-password-of-ASIAOWN')
  roles = ['arn:aws:iam::999999999999:role/kargo-project-demo']
  assert.equal((await ambient(web, publicImage))?.password, 'public-password-of-ASIAPROJECT')
  for (const status of [400, 403, 503]) {
    cloud.answer((request) =>
      request.host.startsWith('api.ecr-public.')
        ? { status, body: { __type: 'AccessDeniedException' } }
        : aws(request),
    )
    assert.equal(await ambient(web, publicImage), undefined, String(status))
  }
})

function ambient(env: Record<string, string>, url = image, project = 'demo') {
  const lookup = makeLookup([], {
    providers: [ecrAmbient],
    ambientHttp: cloud.http,
    clock,
    env,
    readFile: async (path) => (path === '/web' ? 'web-identity-token\n' : 'pod-identity-token\n'),
  })
  return lookup.find({ project, type: 'image', url, signal })
}

const pod = {
  AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://169.254.170.23/v1/credentials',
  AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: '/pod',
}
const web = {
  AWS_ROLE_ARN: 'arn:aws:iam::999999999999:role/gantry',
  AWS_WEB_IDENTITY_TOKEN_FILE: '/web',
}

test("ambient: the Project's role in the registry's account, else in ours, else our own", async () => {
  assert.equal((await ambient(pod))?.password, 'password-of-ASIAOWN')
  const tried = cloud.log
    .map(({ body }) => new URLSearchParams(body).get('RoleArn'))
    .filter(Boolean)
  assert.deepEqual(tried, [
    'arn:aws:iam::123456789012:role/kargo-project-demo',
    'arn:aws:iam::999999999999:role/kargo-project-demo',
  ])
  for (const account of ['123456789012', '999999999999']) {
    roles = [`arn:aws:iam::${account}:role/kargo-project-demo`]
    assert.equal((await ambient(pod))?.password, 'password-of-ASIAPROJECT', account)
  }
})

test('ambient: a web identity, and keys in the environment', async () => {
  assert.equal((await ambient(web))?.password, 'password-of-ASIAOWN')
  const env = { AWS_ACCESS_KEY_ID: 'ASIAOWN', AWS_SECRET_ACCESS_KEY: 'own-secret-key-1' }
  assert.equal((await ambient(env))?.password, 'password-of-ASIAOWN')
})

test('ambient: China, GovCloud, FIPS and dual-stack registries are known, with their partitions', async () => {
  for (const [host, partition, api] of [
    ['dkr.ecr.cn-north-1.amazonaws.com.cn', 'aws-cn', 'api.ecr.cn-north-1.amazonaws.com.cn'],
    ['dkr.ecr.us-gov-west-1.amazonaws.com', 'aws-us-gov', 'api.ecr.us-gov-west-1.amazonaws.com'],
    ['dkr.ecr-fips.us-east-1.amazonaws.com', 'aws', 'api.ecr.us-east-1.amazonaws.com'],
    ['dkr-ecr.eu-west-1.on.aws', 'aws', 'api.ecr.eu-west-1.amazonaws.com'],
  ] as const) {
    roles = [`arn:${partition}:iam::123456789012:role/kargo-project-demo`]
    const found = await ambient(web, `123456789012.${host}/app`)
    assert.equal(found?.password, 'password-of-ASIAPROJECT', host)
    assert.equal(cloud.log.at(-1)?.host, api)
  }
})

test('ambient: another failure than "denied" does not widen what a Project may do', async () => {
  for (const [answer, code] of [
    [{ status: 503, body: '' }, 'Unreachable'],
    [stsError(403, 'RegionDisabledException'), 'Forbidden'],
  ] as const) {
    cloud.answer((request) =>
      new URLSearchParams(request.body).get('Action') === 'AssumeRole' ? answer : aws(request),
    )
    await assert.rejects(ambient(pod), (error) => hasCode(error, code))
  }
})

test("ambient: a cluster's token that AWS does not take is said by AWS's own code, without the token", async () => {
  for (const code of ['InvalidIdentityToken', 'ExpiredTokenException', 'IDPCommunicationError']) {
    cloud.answer(() => stsError(400, code))
    await assert.rejects(ambient(web), (error) => {
      assert.ok(hasCode(error, 'Unauthorized'))
      assert.match(error.message, new RegExp(`AssumeRoleWithWebIdentity.*${code}`, 'u'))
      assert.doesNotMatch(error.message, /web-identity-token/u)
      return true
    })
  }
})

test('ambient: a machine without an identity is anonymous', async () => {
  cloud.answer(() => ({ status: 404, body: '' }))
  assert.equal(await ambient({}), undefined)
  assert.equal(await ambient({ AWS_EC2_METADATA_DISABLED: 'True' }), undefined)
})

test('ambient: the role of an instance', async () => {
  cloud.answer((request) => {
    if (request.host !== '169.254.169.254') return aws(request)
    if (request.path === '/latest/api/token') {
      assert.equal(request.method, 'PUT')
      return { body: 'imds-token-value' }
    }
    assert.equal(request.headers['x-aws-ec2-metadata-token'], 'imds-token-value')
    if (request.path.endsWith('/security-credentials/')) return { body: 'my-role' }
    const keys = {
      AccessKeyId: 'ASIAOWN',
      SecretAccessKey: secrets['ASIAOWN'],
      Token: 'own-session',
    }
    return { body: keys }
  })
  assert.equal((await ambient({}))?.password, 'password-of-ASIAOWN')
})

test('ambient: an instance without a role is anonymous, one whose service is out of order is not', async () => {
  let status = 404
  cloud.answer(({ path }) =>
    path === '/latest/api/token' ? { body: 'imds-token-value' } : { status, body: '' },
  )
  assert.equal(await ambient({}), undefined)
  status = 500
  await assert.rejects(ambient({}), (error) => hasCode(error, 'Unreachable'))
})

test('ambient: the token of the container goes over plain http to its own service only', async () => {
  const elsewhere = {
    ...pod,
    AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://evil.test/v1/credentials',
  }
  let isCarried: boolean | undefined
  const lookup = makeLookup([], {
    providers: [ecrAmbient],
    ambientHttp: {
      fetch(_url, init) {
        isCarried = init.carriesCredential
        return Promise.reject(new Error('seen'))
      },
    },
    env: elsewhere,
    readFile: async () => 'pod-identity-token',
  })
  await assert.rejects(lookup.find({ project: 'demo', type: 'image', url: image, signal }))
  assert.equal(isCarried, true, 'the guarded fetch refuses it')
})
