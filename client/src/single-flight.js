/** Wrap `run` so that one call runs at a time. Calls that come meanwhile cause one more run, and wait for it. */
export function singleFlight(run) {
  let running, again;
  return () => {
    again = true;
    return (running ??= (async () => {
      try {
        while (again) {
          again = false;
          await run();
        }
      } finally {
        running = undefined;
      }
    })());
  };
}
