import { useState } from 'react'
import { call } from '../api/client.ts'
import { Button } from '../kit/button.tsx'
import { Notice } from '../kit/notice.tsx'

/** For a browser without a session: the link of `gantry link`, or the admin token. */
export function SignIn() {
  const [token, setToken] = useState('')
  const [problem, setProblem] = useState<string>()

  const submit = async (): Promise<void> => {
    try {
      await call('POST', '/session', { code: token.trim() })
      window.location.reload()
    } catch (thrown) {
      setProblem(thrown instanceof Error ? thrown.message : String(thrown))
    }
  }

  return (
    <main className="mx-auto mt-24 w-[min(420px,92vw)] rounded-lg border border-line bg-panel p-6">
      <h1 className="text-lg font-semibold">Sign in to Gantry</h1>
      <p className="mt-2 text-quiet">
        Run <code className="font-mono">gantry link</code> where Gantry runs and open what it
        prints, or paste the admin token.
      </p>
      <form
        className="mt-4 flex flex-col gap-3"
        onSubmit={(event) => {
          event.preventDefault()
          void submit()
        }}
      >
        <label className="flex flex-col gap-1">
          Admin token
          <input
            type="password"
            autoComplete="current-password"
            value={token}
            onChange={(event) => setToken(event.target.value)}
            className="h-9 rounded-md border border-line bg-page px-3"
          />
        </label>
        {problem && <Notice title="Not signed in" message={problem} />}
        <Button
          look="primary"
          type="submit"
          disabled={token.trim() === ''}
          title="Paste the token first"
        >
          Sign in
        </Button>
      </form>
    </main>
  )
}
