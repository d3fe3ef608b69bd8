"""Attenuation on the way through the air: spreading and absorption (Directive (EU) 2015/996, 2.5.5; ISO 9613-1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from twin.models.noise.tables import BANDS

if TYPE_CHECKING:
    from numpy.typing import NDArray

SPEED_OF_SOUND = 340.0
"""Speed of sound [m/s] that the directive uses throughout section 2.5."""
A_WEIGHTING = np.array([-26.2, -16.1, -8.6, -3.2, 0.0, 1.2, 1.0, -1.1])
"""A-weighting of the octave bands [dB], Directive (EU) 2015/996, table 2.5.a; IEC 61672-1."""
EXACT = 1000 * 10 ** (0.3 * np.arange(-4, 4))
"""Exact midband frequencies [Hz], ISO 9613-1, equation 6."""
NOMINAL = np.array(BANDS, dtype=np.float64)


def absorption(temperature: float = 10.0, humidity: float = 70.0, pressure: float = 101325.0) -> NDArray[np.float64]:
    """Return the absorption of sound by air per octave band, ISO 9613-1:1993, equations 3 to 5 and annex B.

    Parameters
    ----------
    temperature : float [°C]
        −20 to 50.
    humidity : float [%]
        Relative, 10 to 100.
    pressure : float [Pa]

    Returns
    -------
    array, shape (8,) [dB/m]
        At the exact midband frequencies.

    Examples
    --------
    >>> [round(float(a) * 1000, 2) for a in absorption()]
    [0.12, 0.41, 1.04, 1.93, 3.66, 9.66, 32.77, 116.88]
    """
    kelvin, reference, triple = temperature + 273.15, 293.15, 273.16
    p = pressure / 101325.0
    saturation = 10 ** (-6.8346 * (triple / kelvin) ** 1.261 + 4.6151)  # B.2, B.3
    h = humidity * saturation / p  # B.1, molar concentration of water vapour [%]
    t = kelvin / reference
    oxygen = p * (24 + 4.04e4 * h * (0.02 + h) / (0.391 + h))  # 3, relaxation frequency [Hz]
    nitrogen = p * t**-0.5 * (9 + 280 * h * np.exp(-4.170 * (t ** (-1 / 3) - 1)))  # 4
    f = EXACT
    classical = 1.84e-11 / p * t**0.5
    relaxing = 0.01275 * np.exp(-2239.1 / kelvin) / (oxygen + f**2 / oxygen)
    relaxing = relaxing + 0.1068 * np.exp(-3352.0 / kelvin) / (nitrogen + f**2 / nitrogen)
    return np.asarray(8.686 * f**2 * (classical + t**-2.5 * relaxing))  # 5


def spreading(distance: float) -> float:
    """Return the attenuation by spherical spreading [dB] over a distance [m], equation 2.5.12.

    Examples
    --------
    >>> spreading(100.0)
    51.0
    """
    return float(20 * np.log10(distance) + 11)


def hard_wall(resistivity: float = 20000.0) -> NDArray[np.float64]:
    """Return the absorption of a wall of which only its flow resistivity is known, shape (8,).

    Absorption at random incidence of a locally reacting surface with the impedance of M. E. Delany, E. N. Bazley,
    Acoustical properties of fibrous absorbent materials, 1970, doi:10.1016/0003-682X(70)90031-9.

    Parameters
    ----------
    resistivity : float [kPa s/m²]
        By default that of class G, normal hard surfaces (Directive (EU) 2015/996, table 2.5.a).

    Examples
    --------
    >>> [round(float(a), 3) for a in hard_wall()[[0, 7]]]
    [0.005, 0.143]
    """
    ratio = NOMINAL / resistivity
    admittance = 1 / (1 + 9.08 * ratio**-0.75 + 11.9j * ratio**-0.73)
    real, imaginary, square = admittance.real, np.abs(admittance.imag), np.abs(admittance) ** 2
    angle = (real**2 - imaginary**2) / imaginary * np.arctan(imaginary / (square + real))
    return np.asarray(8 * real * (1 + angle - real * np.log((1 + 2 * real + square) / square)))
