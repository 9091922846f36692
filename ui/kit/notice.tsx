/** Something failed: what, in the server's own sentence. What was on the screen stays there. */
export function Notice({ title, message }: { title: string; message: string }) {
  return (
    <div role="alert" className="rounded-md border border-bad p-3">
      <p className="font-medium text-bad">{title}</p>
      <p className="mt-1 break-words">{message}</p>
    </div>
  )
}
