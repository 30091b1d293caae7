/** The part of swagger-ui-dist that is used; the package brings no types. */
declare module "swagger-ui-dist/swagger-ui-es-bundle.js" {
  interface SwaggerOptions {
    readonly url: string;
    readonly domNode: HTMLElement;
    readonly deepLinking: boolean;
    readonly validatorUrl: null;
    readonly defaultModelsExpandDepth: number;
    readonly supportedSubmitMethods: readonly string[];
    readonly onComplete: () => void;
  }
  export default function SwaggerUIBundle(options: SwaggerOptions): unknown;
}
