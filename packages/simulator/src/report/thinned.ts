/** No more than about so many of them, evenly, and always the last: a picture has only so many points across. */
export function thinned<T>(all: readonly T[], most: number): readonly T[] {
  const every = Math.ceil(all.length / most);
  return every <= 1 ? all : all.filter((_, at) => at % every === 0 || at === all.length - 1);
}
