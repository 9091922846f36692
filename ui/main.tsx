import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { createAppRouter } from './router.tsx'
import './style.css'

const root = document.getElementById('root')
if (root === null) throw new Error('the page has no root element')

const queries = new QueryClient({ defaultOptions: { queries: { retry: 1, staleTime: 5000 } } })

createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <RouterProvider router={createAppRouter()} />
    </QueryClientProvider>
  </StrictMode>,
)
