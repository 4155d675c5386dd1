/** Stands still, as the clock of a deployed Durable Object does while code runs. To be imported before the package, which takes the clock. */
export const stillClock = (): number => 0;

performance.now = stillClock;
