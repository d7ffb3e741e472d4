/**
 * What a DNS failure means for a domain of which nothing is remembered:
 * `bounded` the mail waits for a time, then it takes the clear net; `defer` it waits as long as DNS fails;
 * `clearnet` it takes the clear net at once.
 */
export type OnFailure = 'bounded' | 'defer' | 'clearnet';
