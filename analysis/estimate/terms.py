"""Names of terms in the frames of estimators, for who reads them and does not estimate."""

TOTAL = "total"  # all terms together
