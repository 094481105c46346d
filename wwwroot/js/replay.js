// What a replay must know of the browser.

// Whether the person asked the system for little motion.
export const wantsCalm = () => window.matchMedia('(prefers-reduced-motion: reduce)').matches;
