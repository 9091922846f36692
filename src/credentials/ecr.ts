import { z } from 'zod'
import { defineCredential } from '../credential.ts'
import { ecrRegistryOf, fetchEcrToken } from '../lib/aws/ecr.ts'
import { fingerprint } from '../lib/fingerprint.ts'

/** Access keys of AWS, exchanged for a token of its container registry. */
export default defineCredential({
  kind: 'ecr',
  summary: 'Access keys of AWS, for images and charts in its Elastic Container Registry.',
  types: ['image', 'helm'],
  keys: z.object({
    awsRegion: z.string().min(1).describe('The region of the registry'),
    awsAccessKeyID: z.string().min(1).describe('The access key'),
    awsSecretAccessKey: z.string().min(1).describe('Its secret'),
  }),
  secretKeys: ['awsSecretAccessKey'],
  example: {
    repoURL: '123456789012.dkr.ecr.eu-west-1.amazonaws.com/app',
    awsRegion: 'eu-west-1',
    awsAccessKeyID: 'AKIAIOSFODNN7EXAMPLE',
    awsSecretAccessKey: '<secret access key>',
  },
  matches: ({ type, data }, url) =>
    ['awsRegion', 'awsAccessKeyID', 'awsSecretAccessKey'].every((key) => data[key]) &&
    ecrRegistryOf(type, url) !== undefined,
  identify: ({ data }) => `access key ${data['awsAccessKeyID'] ?? ''}`,
  async resolve({ type, data }, { url, signal }, tools) {
    const registry = ecrRegistryOf(type, url)
    const isPublic = registry?.isPublic ?? false
    const region = isPublic ? (registry?.region ?? '') : (data['awsRegion'] ?? '').trim()
    const keys = {
      accessKeyId: (data['awsAccessKeyID'] ?? '').trim(),
      secretAccessKey: (data['awsSecretAccessKey'] ?? '').trim(),
    }
    const identity = fingerprint(
      isPublic ? 'ecr-public' : 'ecr',
      region,
      keys.accessKeyId,
      keys.secretAccessKey,
    )
    const token = await tools.tokens.get(
      identity,
      (exchanging) => fetchEcrToken(tools, keys, { isPublic, region }, exchanging),
      signal,
    )
    return { ...token, fingerprint: identity }
  },
})
