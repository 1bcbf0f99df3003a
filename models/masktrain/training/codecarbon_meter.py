"""Meters a training's energy with CodeCarbon, without the internet."""

import logging
from typing import TYPE_CHECKING

from masktrain.errors import TrainingError

if TYPE_CHECKING:
    from codecarbon.output_methods.emissions_data import EmissionsData

DEFAULT_COUNTRY = "FRA"
_SECONDS = 15.0


class CodeCarbonMeter:
    """Energy of this process and its workers, as far as the machine tells it.

    Where the processor has no energy counters that may be read, CodeCarbon estimates from its
    rated power and load.

    Parameters
    ----------
    country : str
        Three-letter code (ISO 3166-1) of the country whose electricity is used; only the
        emissions depend on it.

    Attributes
    ----------
    emissions_kg : float
        Carbon dioxide equivalent of the energy read last.
    """

    def __init__(self, country: str = DEFAULT_COUNTRY) -> None:
        try:
            from codecarbon import OfflineEmissionsTracker
            from codecarbon.input import DataSource
            from codecarbon.output_methods.base_output import BaseOutput
        except ImportError as error:
            raise TrainingError(
                "--energy needs CodeCarbon: pip install 'maskcheck[tracking]', or leave it out."
            ) from error
        # Imported, it sets a level of its own, and it logs before it takes the one given below.
        logging.getLogger("codecarbon").setLevel(logging.CRITICAL)
        source = DataSource()  # type: ignore[no-untyped-call]
        if country not in source.get_global_energy_mix_data():
            raise TrainingError(f"CodeCarbon knows no country {country!r}: give its three letters, like FRA.")
        self.emissions_kg = 0.0
        self._energy_kwh = 0.0
        meter = self

        class Reading(BaseOutput):  # type: ignore[misc, unused-ignore]
            """Takes what CodeCarbon would write to a file."""

            def out(self, total: "EmissionsData", delta: "EmissionsData") -> None:  # noqa: ARG002
                meter._energy_kwh = total.energy_consumed
                meter.emissions_kg = total.emissions

        self._tracker = OfflineEmissionsTracker(
            country_iso_code=country,
            tracking_mode="process",
            measure_power_secs=_SECONDS,
            output_methods=[],
            output_handlers=[Reading()],
            log_level="critical",
        )

    def start(self) -> None:
        """Begin counting."""
        self._tracker.start()

    def read(self) -> float:
        """Return what was used since the start, in kWh."""
        self._tracker.flush()
        return self._energy_kwh

    def stop(self) -> None:
        """End counting."""
        self._tracker.stop()
