/** Wrap `run` so that one call runs at a time. Calls that come meanwhile cause one more run. */
export function singleFlight(run) {
  let running, again;
  return async () => {
    again = true;
    if (running) return;
    running = true;
    while (again) {
      again = false;
      await run();
    }
    running = false;
  };
}
