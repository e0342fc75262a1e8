import { plural } from '@lingui/core/macro';
import { Select, type SelectProps } from '@mantine/core';
import { useMemo, useState } from 'react';
import { chooseByEnter } from './chooseByEnter';
import { type SearchOption, searchOptions } from './search-options';

/** Few enough to be drawn at once on a slow device, and to be looked through. */
const LIMIT = 60;

interface SearchSelectProps extends Omit<SelectProps, 'data'> {
  options: readonly SearchOption[];
  /** What is chosen goes elsewhere, and the search begins anew. */
  collects?: boolean;
}

/** One of very many, found by typing. What was chosen is changed, but not taken back. */
export function SearchSelect({ options, collects = false, ...props }: SearchSelectProps) {
  const [search, setSearch] = useState('');
  const chosen = options.find(({ value }) => value === props.value);
  // What stands there once something is chosen was not typed.
  const asked = search === chosen?.label ? '' : search;
  const data = useMemo(() => listOf(options, asked, chosen), [options, asked, chosen]);
  return (
    <Select
      {...props}
      searchable
      selectFirstOptionOnChange
      allowDeselect={false}
      data={data}
      filter={({ options: found }) => found}
      onChange={(value, option) => {
        props.onChange?.(value, option);
        if (collects) setSearch('');
      }}
      searchValue={search}
      onSearchChange={setSearch}
      onKeyDownCapture={chooseByEnter}
    />
  );
}

interface Item {
  value: string;
  label: string;
  disabled?: boolean;
}

function listOf(options: readonly SearchOption[], asked: string, chosen: SearchOption | undefined): Item[] {
  const found = searchOptions(options, asked, LIMIT);
  const shown = asked === '' && chosen ? [chosen, ...found.filter((one) => one !== chosen)] : found;
  const items: Item[] = shown.slice(0, LIMIT).map(({ value, label }) => ({ value, label }));
  const more = asked === '' ? options.length - items.length : 0;
  return more > 0
    ? [
        ...items,
        {
          value: MORE,
          label: plural(more, { one: 'Type to find # more', other: 'Type to find # more' }),
          disabled: true,
        },
      ]
    : items;
}

const MORE = '\u0000more';
