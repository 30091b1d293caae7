/** Aligned crops: a similarity transform that takes landmarks to the manifest's template. */
import type { Crop } from "../generated/manifest.js";
import type { Matrix } from "../sampling/matrix.js";

/**
 * The similarity (rotation, uniform scale, translation) that fits landmarks to the template best.
 *
 * Least squares over `crop.points`. In the plane, the solution of Umeyama (1991), "Least-squares estimation of
 * transformation parameters between two point patterns", is a division of complex numbers: with centred points z
 * and targets w, rotation and scale are sum(conj(z) w) / sum(|z|^2). It cannot mirror.
 *
 * @param landmarks x, y, z of each, in pixels of the frame
 * @param side of the crop, in pixels
 * @returns frame pixels -> crop pixels
 * @throws RangeError when the points coincide or are not finite
 */
export function alignment(landmarks: Float32Array, crop: Crop, side: number): Matrix {
  const { points, template } = crop;
  let sourceX = 0, sourceY = 0, targetX = 0, targetY = 0;
  points.forEach((point, index) => {
    sourceX += landmarks[3 * point]! / points.length;
    sourceY += landmarks[3 * point + 1]! / points.length;
    targetX += (template[index]![0] * side) / points.length;
    targetY += (template[index]![1] * side) / points.length;
  });
  let spread = 0, real = 0, imaginary = 0;
  points.forEach((point, index) => {
    const zx = landmarks[3 * point]! - sourceX;
    const zy = landmarks[3 * point + 1]! - sourceY;
    const wx = template[index]![0] * side - targetX;
    const wy = template[index]![1] * side - targetY;
    spread += zx * zx + zy * zy;
    real += zx * wx + zy * wy;
    imaginary += zx * wy - zy * wx;
  });
  if (!(Number.isFinite(spread) && spread > 0)) {
    throw new RangeError("landmarks that coincide or are not finite cannot be aligned");
  }
  const a = real / spread;
  const b = imaginary / spread;
  return [a, -b, targetX - (a * sourceX - b * sourceY), b, a, targetY - (b * sourceX + a * sourceY)];
}
