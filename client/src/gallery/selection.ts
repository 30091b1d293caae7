/** Which screenshots are selected, and from where a range is stretched. Pure. */

export interface Selection {
  readonly ids: ReadonlySet<string>;
  readonly anchor: string | null; // the last one that was selected by itself
}

export const nothing: Selection = { ids: new Set(), anchor: null };

/** With one more, or without it. */
export function toggled(selection: Selection, id: string): Selection {
  const ids = new Set(selection.ids);
  if (!ids.delete(id)) ids.add(id);
  return { ids, anchor: id };
}

/** With everything from the anchor to `id`, in the order shown; without an anchor just `id`. */
export function stretched(selection: Selection, id: string, order: readonly string[]): Selection {
  const [from, to] = [order.indexOf(selection.anchor ?? id), order.indexOf(id)];
  if (to < 0) return selection;
  if (from < 0) return { ids: new Set([...selection.ids, id]), anchor: id };
  const range = order.slice(Math.min(from, to), Math.max(from, to) + 1);
  return { ids: new Set([...selection.ids, ...range]), anchor: selection.anchor ?? id };
}

/** With all of a group, or without them where all are selected already. */
export function groupToggled(selection: Selection, group: readonly string[]): Selection {
  const ids = new Set(selection.ids);
  const all = group.every((id) => ids.has(id));
  for (const id of group) {
    if (all) ids.delete(id);
    else ids.add(id);
  }
  return { ids, anchor: group[0] ?? selection.anchor };
}

/** Without those that are not there any more. */
export function kept(selection: Selection, there: ReadonlySet<string>): Selection {
  const ids = new Set([...selection.ids].filter((id) => there.has(id)));
  return { ids, anchor: selection.anchor !== null && there.has(selection.anchor) ? selection.anchor : null };
}
