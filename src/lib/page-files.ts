import { readFile } from 'node:fs/promises'
import { extname, join, normalize, sep } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
}

/** A file of the page, or the page; `encodings` is the request's Accept-Encoding. */
export type ServePage = (path: string, encodings: string) => Promise<Response | undefined>

const monthSeconds = 30 * 24 * 3600

/**
 * Serves the built page from a folder: hashed assets for a month, the page itself never from a cache. Paths that are no
 * file get the page, which then looks at its own address.
 */
export function createPageFiles(folder: string): ServePage {
  const cache = new Map<string, { body: Buffer<ArrayBuffer>; type: string }>()

  const load = async (
    path: string,
  ): Promise<{ body: Buffer<ArrayBuffer>; type: string } | undefined> => {
    const file = join(folder, normalize(`/${path}`))
    // By file: one file has endlessly many spellings (`/a`, `//a`, ...), and anyone may ask for them.
    const known = cache.get(file)
    if (known !== undefined) return known
    const type = types[extname(file)]
    if (type === undefined || !file.startsWith(folder + sep)) return undefined
    const content = await readFile(file).catch(() => undefined)
    if (content === undefined) return undefined
    const loaded = { body: Buffer.from(gzipSync(content)), type }
    cache.set(file, loaded)
    return loaded
  }

  return async (path, encodings) => {
    const isAsset = path.startsWith('/assets/')
    const found =
      (path === '/' ? undefined : await load(path)) ??
      (isAsset ? undefined : await load('/index.html'))
    if (found === undefined) return isAsset ? undefined : notBuilt()
    const isGzip = acceptsGzip(encodings)
    return new Response(isGzip ? found.body : gunzipSync(found.body), {
      headers: {
        'content-type': found.type,
        vary: 'accept-encoding',
        ...(isGzip && { 'content-encoding': 'gzip' }),
        'cache-control': isAsset ? `public, max-age=${monthSeconds}, immutable` : 'no-cache',
      },
    })
  }
}

function acceptsGzip(encodings: string): boolean {
  return encodings
    .split(',')
    .some((each) => /^\s*(?:gzip|\*)\s*(?:;\s*q=(?!0(?:\.0*)?\s*$).*)?$/i.test(each))
}

function notBuilt(): Response {
  return new Response(
    'The page has not been built: run `npm run build`. The API and the commands work without it.\n',
    {
      status: 404,
      headers: { 'content-type': 'text/plain; charset=utf-8' },
    },
  )
}
