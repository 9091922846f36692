import { GantryError } from '../../core/errors.ts'

/** The part of AWS that a region is in, as ARNs spell it. */
export function partitionOf(region: string): string {
  if (region.startsWith('cn-')) return 'aws-cn'
  if (region.startsWith('us-gov-')) return 'aws-us-gov'
  return region.startsWith('eusc-') ? 'aws-eusc' : 'aws'
}

const suffixes: Readonly<Record<string, string>> = {
  'aws-cn': 'amazonaws.com.cn',
  'aws-eusc': 'amazonaws.eu',
}

/** Variables of Gantry's own environment that win, as they do in Amazon's SDKs. */
const variables = {
  'api.ecr': 'AWS_ENDPOINT_URL_ECR',
  'api.ecr-public': 'AWS_ENDPOINT_URL_ECR_PUBLIC',
  sts: 'AWS_ENDPOINT_URL_STS',
} as const

/** The address of a service in a region. */
export function endpointOf(
  env: Readonly<Record<string, string | undefined>>,
  service: keyof typeof variables,
  region: string,
): string {
  if (!/^[a-z]{2,5}(-[a-z]+)+-\d$/u.test(region)) {
    throw new GantryError('Invalid', `"${region.slice(0, 40)}" is not the name of an AWS region`)
  }
  const own = env[variables[service]]
  if (own !== undefined && own !== '') return new URL('/', own).href
  return `https://${service}.${region}.${suffixes[partitionOf(region)] ?? 'amazonaws.com'}/`
}
