import type { ButtonHTMLAttributes } from 'react'

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  readonly look?: 'primary' | 'quiet' | 'danger'
}

const looks = {
  primary: 'bg-accent text-accent-text border-transparent',
  quiet: 'bg-panel text-text border-line hover:border-quiet',
  danger: 'bg-panel text-bad border-line hover:border-bad',
}

/** A disabled button says why in its title. */
export function Button({ look = 'quiet', className = '', ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      className={`h-9 cursor-pointer rounded-md border px-3 text-sm font-medium disabled:cursor-not-allowed disabled:opacity-50 ${looks[look]} ${className}`}
      {...rest}
    />
  )
}
