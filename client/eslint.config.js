import tseslint from "typescript-eslint";

const projects = ["pure", "worker", "page", "tests"].map((name) => `./tsconfig.${name}.json`);

export default tseslint.config(
  { ignores: ["node_modules", "src/generated", "scripts", "eslint.config.js"] },
  ...tseslint.configs.strictTypeChecked,
  ...tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: { parserOptions: { project: projects, tsconfigRootDir: import.meta.dirname } },
    rules: {
      eqeqeq: "error",
      "no-console": "error",
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/switch-exhaustiveness-check": "error",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      // Numbers of a typed array are read as array[i]!: the index is in range by construction, and a check of
      // every pixel would cost more than the arithmetic.
      "@typescript-eslint/no-non-null-assertion": "off",
      // Loops over typed arrays keep their index: it is coordinates, not bookkeeping.
      "@typescript-eslint/prefer-for-of": "off",
    },
  },
);
