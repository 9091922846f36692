/**
 * Work that many ask for at the same time and that is done once: whoever asks before it began shares it. Whoever asks
 * while it runs waits for the next one, because the answer under way may be older than the question.
 */
export interface Flights<T> {
  join(key: string): Promise<T>
}

interface Flight<T> {
  readonly running: Promise<T> | undefined
  readonly next: Promise<T> | undefined
}

export function createFlights<T>(start: (key: string) => Promise<T>): Flights<T> {
  const flights = new Map<string, Flight<T>>()

  const launch = async (key: string, after: Promise<T> | undefined): Promise<T> => {
    await after?.catch(() => undefined)
    // Everyone who asks in the same turn of the loop gets on board.
    await new Promise((resolve) => setImmediate(resolve))
    const running = start(key)
    flights.set(key, { running, next: undefined })
    try {
      return await running
    } finally {
      if (flights.get(key)?.running === running && flights.get(key)?.next === undefined) {
        flights.delete(key)
      }
    }
  }

  return {
    join(key) {
      const flight = flights.get(key)
      if (flight?.next !== undefined) return flight.next
      const next = launch(key, flight?.running)
      flights.set(key, { running: flight?.running, next })
      return next
    },
  }
}
