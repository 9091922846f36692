import type { ButtonHTMLAttributes } from 'react'

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  readonly look?: 'primary' | 'quiet' | 'danger'
  readonly size?: 'normal' | 'small'
}

const looks = {
  primary: 'bg-accent text-accent-text border-transparent',
  quiet: 'bg-panel text-text border-line hover:border-quiet',
  danger: 'bg-panel text-bad border-line hover:border-bad',
}

/** On a phone both are as high as a thumb is wide. */
const sizes = {
  normal: 'h-9 px-3 text-sm max-md:h-11',
  small: 'h-7 px-2 text-xs max-md:h-11 max-md:px-3 max-md:text-sm',
}

/** A disabled button says why in its title. */
export function Button({ look = 'quiet', size = 'normal', className = '', ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      className={`cursor-pointer rounded-md border font-medium disabled:cursor-not-allowed disabled:opacity-50 ${sizes[size]} ${looks[look]} ${className}`}
      {...rest}
    />
  )
}
