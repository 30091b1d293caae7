"""The offline side of DASA: data sets, training, evaluation and export. Needs the extra ``lab``."""
