"""The steps. One that a release has shipped is never edited again."""
