"""The 135 emotion terms, their primary emotions, colours and ratings.

Two taxonomies exist: ``emo135`` (eight groups, no neutral) for bundles trained on a 135-class data set, and
``basic7`` (neutral and six families) for the default bundle. A bundle's manifest embeds the one that it uses.

Sources: terms and categories, Shaver et al. (1987); groups ``primary8``, the student project that this product
follows; valence and arousal, Glasgow Norms (Scott et al. 2019, CC BY 4.0), mapped from [1, 9] to [-1, 1].
"""

from dasa.taxonomy._build import build, load_terms
from dasa.taxonomy._model import Colour, Pattern, Primary, RatingSource, Taxonomy, Term

__all__ = ["Colour", "Pattern", "Primary", "RatingSource", "Taxonomy", "Term", "build", "load_terms"]
