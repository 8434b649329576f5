"""Runs Microsoft Presidio over documents of the corpus and says what it found, for `cargo xtask bench policy`.

    presidio.py DOCUMENTS.jsonl FINDS.jsonl

Reads `id`, `language` and `text` of each line and looks at nothing else. Writes `{"entities": […]}`, all that it looks for, and then
`{"id": …, "finds": [[entity, start, end, score], …]}` per line, places in characters. The last line on standard output is a JSON object with the
versions and the processor time spent in `analyze` alone: loading and a first document before the clock starts are not counted.

Presidio is given what helps it: every recogniser it ships for an entity that both have, in both languages of the corpus, and none for
others, which would only slow it down; its own context words, and words as they stand for lemmas, which a blank pipeline has not (without them its
context words would never count); for telephones the regions of the corpus. All scores are reported; who scores chooses the best threshold for
each entity.
"""

import importlib.metadata
import json
import sys
import time

import spacy
from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
from presidio_analyzer import predefined_recognizers as shipped
from presidio_analyzer.nlp_engine import SpacyNlpEngine
from spacy.language import Language

# The entity of the corpus, and Presidio's recognisers of it.
RECOGNISERS = {
    "birth-date": [shipped.DateRecognizer],
    "driving-licence": [
        shipped.UkDrivingLicenceRecognizer,
        shipped.DeFuehrerscheinRecognizer,
        shipped.ItDriverLicenseRecognizer,
    ],
    "german-idnr": [shipped.DeTaxIdRecognizer],
    "iban": [shipped.IbanRecognizer],
    "identity-card": [shipped.DeIdCardRecognizer, shipped.ItIdentityCardRecognizer],
    "italian-cf": [shipped.ItFiscalCodeRecognizer],
    "passport": [
        shipped.UkPassportRecognizer,
        shipped.DePassportRecognizer,
        shipped.EsPassportRecognizer,
        shipped.ItPassportRecognizer,
    ],
    "payment-card": [shipped.CreditCardRecognizer],
    "phone": [shipped.PhoneRecognizer],
    "polish-pesel": [shipped.PlPeselRecognizer],
    "postcode": [shipped.UkPostcodeRecognizer],
    "spanish-dni": [shipped.EsNifRecognizer, shipped.EsNieRecognizer],
    "uk-nhs": [shipped.NhsRecognizer],
    "vat-number": [shipped.DeVatIdRecognizer, shipped.ItVatCodeRecognizer],
}

# Countries whose telephone numbers are in the corpus.
REGIONS = ("NL", "BE", "GB", "DE", "FR", "US")

LANGUAGES = ["en", "nl"]


@Language.component("words-as-lemmas")
def words_as_lemmas(doc):
    for token in doc:
        token.lemma_ = token.lower_
    return doc


def engine():
    """Makes the analyser, and the table from its entities to those of the corpus."""
    words = SpacyNlpEngine(models=[])
    words.nlp = {language: spacy.blank(language) for language in LANGUAGES}
    for pipeline in words.nlp.values():
        pipeline.add_pipe("words-as-lemmas")
    registry = RecognizerRegistry(supported_languages=LANGUAGES)
    entities = {}
    for entity, kinds in RECOGNISERS.items():
        for kind in kinds:
            for language in LANGUAGES:
                options = {"supported_regions": REGIONS} if kind is shipped.PhoneRecognizer else {}
                recogniser = kind(supported_language=language, **options)
                registry.add_recognizer(recogniser)
                entities.update({name: entity for name in recogniser.supported_entities})
    analyser = AnalyzerEngine(registry=registry, nlp_engine=words, supported_languages=LANGUAGES)
    return analyser, entities


def main():
    source, target = sys.argv[1:]
    with open(source, encoding="utf-8") as lines:
        documents = [json.loads(line) for line in lines]
    analyser, entities = engine()
    names = list(entities)

    def analyse(document):
        return analyser.analyze(document["text"], language=document["language"], entities=names)

    # Both languages once, so that nothing is loaded while the clock runs.
    for language in LANGUAGES:
        analyse({"text": "one 1", "language": language})
    start = time.process_time()
    found = [analyse(document) for document in documents]
    seconds = time.process_time() - start
    with open(target, "w", encoding="utf-8") as out:
        out.write(json.dumps({"entities": list(RECOGNISERS)}) + "\n")
        for document, finds in zip(documents, found):
            places = [[entities[find.entity_type], find.start, find.end, find.score] for find in finds]
            out.write(json.dumps({"id": document["id"], "finds": places}) + "\n")
    versions = {name: importlib.metadata.version(name) for name in ["presidio-analyzer", "spacy"]}
    print(json.dumps({"seconds": seconds, "documents": len(documents), "versions": versions}))


if __name__ == "__main__":
    main()
