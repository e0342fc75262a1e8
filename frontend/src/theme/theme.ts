import { createTheme, defaultVariantColorsResolver, type MantineColorsTuple } from '@mantine/core';

/** Deep green of the signs that mark a footpath: the colour of everything that can be pressed. */
const spruce: MantineColorsTuple = [
  '#e6f5f0',
  '#cfeae1',
  '#a1d8c7',
  '#70c6ac',
  '#4bb797',
  '#2c9c7d',
  '#17806a',
  '#0f6b59',
  '#0b5a4b',
  '#07463b',
];

/** Greys with a little of the green in them. */
const gray: MantineColorsTuple = [
  '#f6f8f6',
  '#eef2ef',
  '#e3e9e5',
  '#d3dbd6',
  '#b6c2bb',
  '#8b9992',
  '#66746d',
  '#4a5751',
  '#303c36',
  '#1a2420',
];

const dark: MantineColorsTuple = [
  '#dfe8e3',
  '#b9c7c0',
  '#93a49b',
  '#66776e',
  '#3a4a43',
  '#2a3832',
  '#1c2823',
  '#141d19',
  '#0e1512',
  '#090e0c',
];

/** Its middle is readable on white, which the library's own is not. */
const red: MantineColorsTuple = [
  '#fdeeeb',
  '#fadbd5',
  '#f3b3a8',
  '#f08f80',
  '#e46a58',
  '#d14f3c',
  '#b83a28',
  '#9c2f20',
  '#7d261a',
  '#5f1c13',
];

/** The web font, and what stands in for it until it has come (`fonts.css`). */
const SANS = '"Figtree Variable", "Figtree Fallback", "Figtree Wide Fallback", system-ui, sans-serif';
const DISPLAY =
  '"Bricolage Grotesque Variable", "Bricolage Fallback", "Bricolage Wide Fallback", system-ui, sans-serif';

/** What opens a list. */
const LIST = {
  size: 'md',
  openOnFocus: false,
  // The list itself scrolls, which assistive technology knows of a list; a box about it would need keys of its own.
  withScrollArea: false,
  styles: { options: { maxHeight: 280, overflowY: 'auto' } },
  // Inside the page's landmarks, and in the order of reading.
  comboboxProps: { shadow: 'md', transitionProps: { duration: 120 }, withinPortal: false },
} as const;

export const theme = createTheme({
  colors: { spruce, gray, dark, red },
  primaryColor: 'spruce',
  primaryShade: { light: 7, dark: 3 },
  variantColorResolver: (input) => {
    const colors = defaultVariantColorsResolver(input);
    return input.variant === 'filled' ? { ...colors, color: 'var(--on-accent)' } : colors;
  },
  black: '#14201b',
  fontFamily: SANS,
  headings: { fontFamily: DISPLAY, fontWeight: '650' },
  defaultRadius: 'md',
  cursorType: 'pointer',
  respectReducedMotion: true,
  components: {
    Button: { defaultProps: { size: 'md' } },
    // What people type may be of any script, whatever the page's own direction.
    TextInput: { defaultProps: { size: 'md', attributes: { input: { dir: 'auto' } } } },
    PasswordInput: { defaultProps: { size: 'md' } },
    Textarea: { defaultProps: { size: 'md', attributes: { input: { dir: 'auto' } } } },
    Select: { defaultProps: LIST },
    Autocomplete: { defaultProps: { ...LIST, attributes: { input: { dir: 'auto' } } } },
    Checkbox: { defaultProps: { size: 'md', iconColor: 'var(--on-accent)' } },
    Switch: { defaultProps: { size: 'md' } },
  },
});
