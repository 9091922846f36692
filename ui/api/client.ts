/** A failed call, with the server's own sentence. */
export class ApiError extends Error {
  readonly status: number
  readonly code: string

  constructor(status: number, code: string, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

/** Calls the API of this origin; the session cookie signs it. */
export async function call<T>(
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  body?: unknown,
): Promise<T> {
  const response = await fetch(path, {
    method,
    headers: {
      'x-gantry-request': 'page',
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  if (!response.ok) throw toError(response.status, text)
  // The server's answer has the shape that its OpenAPI document promises for this path.
  return (text === '' ? undefined : JSON.parse(text)) as T
}

function toError(status: number, text: string): ApiError {
  try {
    const { error, code }: { error?: string; code?: string } = JSON.parse(text)
    return new ApiError(status, code ?? 'Internal', error ?? `the server answered ${status}`)
  } catch {
    return new ApiError(status, 'Internal', `the server answered ${status}`)
  }
}

export function projectPath(project: string, ...parts: readonly string[]): string {
  return ['/v1beta1/projects', encodeURIComponent(project), ...parts.map(encodeURIComponent)].join(
    '/',
  )
}
