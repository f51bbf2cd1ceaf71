// Types that both message modules use.

/** A request's id; the server repeats it in the answer. */
export type Id = number | string;

/** Where to resume a stream: the epoch, and the last version or number received in it. */
export interface Since {
  epoch: string;
  version: number;
}
