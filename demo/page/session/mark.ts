/** Names for tabs, so that the log shows which tab wrote an event. Neighbours in this list have different colours. */
export const NAMES: readonly string[] = [
  ...["Otter", "Heron", "Trout", "Beaver", "Kingfisher", "Dipper", "Newt", "Salmon", "Mayfly", "Swan", "Crayfish"],
  ...["Vole", "Grebe", "Pike", "Toad", "Dragonfly", "Egret", "Perch", "Mallard", "Wagtail", "Minnow", "Bittern"],
  ...["Coot", "Eel"],
];

const HUES = 12;

/** How the mark of a tab or a device looks: a dot or a ring, in one of twelve colours. */
export interface Mark {
  /** The angle of the colour, in degrees. */
  readonly hue: number;
  readonly ring: boolean;
}

/** Returns the mark of a name. Each of the names of tabs has a mark of its own; other names are spread over all marks. */
export function markOf(name: string): Mark {
  const known = NAMES.indexOf(name.replace(/ II$/, ""));
  const place = known === -1 ? spread(name) : known;
  return { hue: (place % HUES) * (360 / HUES), ring: Math.floor(place / HUES) % 2 === 1 };
}

function spread(name: string): number {
  let sum = 7;
  for (let index = 0; index < name.length; index += 1) sum = (sum * 31 + name.charCodeAt(index)) % 1_000_003;
  return sum;
}
