import { Link } from '@tanstack/react-router'

export function NotFoundPage() {
  return (
    <main className="p-8">
      <h1 className="text-lg font-semibold">There is no such page</h1>
      <p className="mt-2">
        <Link to="/" className="text-accent underline">
          All projects
        </Link>
      </p>
    </main>
  )
}
