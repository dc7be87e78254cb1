"""The two-way fixed effects coefficient under every re-assignment, without refitting.

Within a cluster the treatment is a combination of the period dummies, so its cross-products under any
re-assignment follow from the cross-products of those dummies: one small table by cluster and path, from
which each re-assignment gathers its rows.
"""

from __future__ import annotations

import numpy as np

from analysis.inference.moments import RANK_TOLERANCE, ClusterMoments

CHUNK = 4_096  # re-assignments at a time: keeps the work arrays in cache and memory flat


def twoway_statistics(
    moments: ClusterMoments, paths: np.ndarray, assigned: np.ndarray, draws: np.ndarray, *, studentise: str
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Coefficients and variances of two outcomes, y and the observed treatment, under each re-assignment.

    Parameters
    ----------
    moments : ClusterMoments
    paths : ndarray, shape (K, periods)
    assigned : ndarray of int, shape (G,)
        The observed path of each cluster.
    draws : ndarray of int, shape (R, G)
    studentise : {"crv1", "crv3"}

    Returns
    -------
    slopes : ndarray, shape (2, R)
        Coefficient when the outcome is y, and when it is the observed treatment.
    variances : ndarray, shape (3, R)
        Variance with y, covariance, variance with the observed treatment; the estimate is linear in the
        outcome, so these give the variance for ``y - b * treated`` at any b.
    defined : ndarray of bool, shape (R,)
        Whether coefficient and variance are identified under the re-assignment.
    """
    if studentise not in ("crv1", "crv3"):
        raise ValueError(f"studentise {studentise!r} is unknown: use 'crv1' or 'crv3'")
    tables = _Tables(moments, paths, assigned)
    parts = [
        tables.crv1(draws[start : start + CHUNK])
        if studentise == "crv1"
        else tables.crv3(draws[start : start + CHUNK])
        for start in range(0, len(draws), CHUNK)
    ]
    slopes, variances, defined = zip(*parts, strict=True)
    return np.concatenate(slopes, axis=1), np.concatenate(variances, axis=1), np.concatenate(defined)


class _Tables:
    """Cross-products by cluster and path."""

    def __init__(self, moments: ClusterMoments, paths: np.ndarray, assigned: np.ndarray) -> None:
        self.moments = moments
        self.count, self.size = moments.zd.shape
        self.kinds = len(paths)
        padded = np.zeros((self.kinds, self.size))  # a path as a combination of the columns of Z
        padded[:, : paths.shape[1]] = paths
        self.z_path = np.einsum("glm,km->gkl", moments.zz, padded)
        self.path_path = np.einsum("gkl,kl->gk", self.z_path, padded)
        # The two outcomes: y, and the treatment as observed.
        self.z_out = np.stack([moments.zy, self.z_path[np.arange(self.count), assigned]])
        self.residual = self.z_out - np.einsum(
            "glm,om->ogl", moments.zz, self.z_out.sum(axis=1) @ moments.inverse
        )
        self.path_residual = np.einsum("ogl,kl->ogk", self.residual, padded)
        self.path_out = np.einsum("ogl,kl->ogk", self.z_out, padded)
        self.floor = RANK_TOLERANCE * max(float(self.path_path.max(axis=1).sum()), np.finfo(float).tiny)

    def _gather(self, draws: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        places = np.arange(self.count) * self.kinds + draws
        hot = np.zeros((len(draws), self.count * self.kinds))
        hot[np.arange(len(draws))[:, None], places] = 1.0
        return places, hot @ self.z_path.reshape(-1, self.size)

    def crv1(self, draws: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        places, z_d = self._gather(draws)
        on_d = z_d @ self.moments.inverse
        # Cross-product of the residualised treatment with itself, by cluster: d'd - 2 d'Z phi + phi'Z'Z phi.
        upper = np.triu_indices(self.size)
        twice = np.where(upper[0] == upper[1], 1.0, 2.0)
        squares = self.moments.zz[:, upper[0], upper[1]] * twice
        with_path = on_d @ self.z_path.reshape(-1, self.size).T
        dd = self.path_path.ravel()[places] - 2 * np.take_along_axis(with_path, places, axis=1)
        dd += (on_d[:, upper[0]] * on_d[:, upper[1]]) @ squares.T
        total = dd.sum(axis=1)
        defined = total > self.floor
        safe = np.where(defined, total, 1.0)
        slopes, scores = [], []
        for residual, path_residual in zip(self.residual, self.path_residual, strict=True):
            dy = path_residual.ravel()[places] - on_d @ residual.T
            slope = dy.sum(axis=1) / safe
            slopes.append(slope)
            scores.append(dy - slope[:, None] * dd)
        factor = self.count / (self.count - 1) / safe**2
        return np.array(slopes), factor * _products(*scores), defined

    def crv3(self, draws: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        places, z_d = self._gather(draws)
        own = self.path_path.ravel()[places]
        total = own.sum(axis=1)
        out = [table.ravel()[places] for table in self.path_out]
        out_total = [values.sum(axis=1) for values in out]
        z_total = self.z_out.sum(axis=1)

        def solve(
            inverse: np.ndarray, z_d: np.ndarray, dd: np.ndarray, dy: list[np.ndarray], z_y: np.ndarray
        ) -> tuple[list[np.ndarray], np.ndarray]:
            on_d = z_d @ inverse
            left = dd - (on_d * z_d).sum(axis=1)
            defined = left > self.floor
            safe = np.where(defined, left, 1.0)
            return [(a - on_d @ b) / safe for a, b in zip(dy, z_y, strict=True)], defined

        slopes, defined = solve(self.moments.inverse, z_d, total, out_total, z_total)
        deviations: tuple[list[np.ndarray], list[np.ndarray]] = ([], [])
        for place in range(self.count):
            without, known = solve(
                self.moments.inverses_without[place],
                z_d - self.z_path[place, draws[:, place]],
                total - own[:, place],
                [a - b[:, place] for a, b in zip(out_total, out, strict=True)],
                z_total - self.z_out[:, place],
            )
            defined &= known
            for kept, slope, full in zip(deviations, without, slopes, strict=True):
                kept.append(slope - full)
        factor = (self.count - 1) / self.count
        return np.array(slopes), factor * _products(*(np.stack(d, axis=1) for d in deviations)), defined


def _products(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Row sums of squares and cross-products, shape (3, R)."""
    return np.stack(
        [(first * first).sum(axis=1), (first * second).sum(axis=1), (second * second).sum(axis=1)]
    )
