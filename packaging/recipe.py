"""What goes into the bundle and what stays out, and why; read by the spec and the tests."""

import os
from typing import Any

METADATA = [  # distributions whose version the self-test tells, or whose entry points are needed
    *("torch", "numpy", "scipy", "scikit-image", "pydicom", "python-gdcm", "pyvista"),
    *("cvista", "cvista-rendering"),
    *("pyvistaqt", "PySide6-Essentials", "pylibjpeg", "pylibjpeg-openjpeg", "pylibjpeg-rle"),
    *("pyjpegls", "pillow", "safetensors"),
]

EXCLUDED = [
    "training",  # makes weights; the app only reads them
    *("tests", "pytest", "hypothesis", "_pytest", "pytestqt", "mypy", "ruff", "coverage"),
    *("lightning_fabric", "tensorboard", "tqdm", "trimesh", "highdicom"),
    # torch's tools for training, compiling and exporting; inference in eager mode needs none.
    *("torch.onnx", "torch.utils.tensorboard", "torch._dynamo", "torch._inductor"),
    *("torch.distributed.elastic", "sympy", "networkx", "fsspec", "jinja2", "mpmath"),
    *("triton", "numba", "pandas", "IPython", "tkinter", "setuptools", "pip"),
    "readline",  # of no use without a terminal, and GPL
    # Whatever opens connections: the app makes none, and its libraries need none to be imported.
    *("_ssl", "_hashlib"),  # OpenSSL; Python's own SHA-2 does for the hashes
    *("aiohttp", "yarl", "multidict", "propcache", "frozenlist", "requests", "urllib3", "certifi"),
    # The app filters, looks for neighbours and marches cubes; the rest of these is never called.
    *("scipy.stats", "scipy.signal", "scipy.io", "scipy.integrate", "scipy.interpolate"),
    *("scipy.optimize", "imageio", "tifffile", "contourpy", "cyclopts", "rich"),
    *("skimage.color", "skimage.data", "skimage.draw", "skimage.exposure", "skimage.feature"),
    *("skimage.filters", "skimage.future", "skimage.graph", "skimage.io", "skimage.metrics"),
    *("skimage.morphology", "skimage.registration", "skimage.restoration"),
    *("skimage.segmentation", "skimage.transform", "skimage.util"),
    # Qt's parts that no pane uses.
    *("PySide6.QtQml", "PySide6.QtQuick", "PySide6.QtNetwork", "PySide6.QtSql", "PySide6.QtTest"),
    *("PySide6.QtDesigner", "PySide6.QtHelp", "PySide6.QtUiTools", "PySide6.QtPrintSupport"),
    *("vtk", "vtkmodules"),  # pyvista asks for it, but runs on cvista
    *("cvista.all", "cvista.vtkRenderingMatplotlib"),
]

HIDDEN = [  # what scikit-image imports when it is first asked for, by the names in its stubs
    *("skimage._shared.tester", "skimage.measure._marching_cubes_lewiner"),
    *("skimage.measure._marching_cubes_lewiner_cy", "skimage.measure._marching_cubes_lewiner_luts"),
]

UNWANTED = (  # parts of paths in the bundle
    "torch/include",
    "torch/share",
    "torch/test",
    "torch/bin/protoc",
    "torch/bin/test_",
    "torch/lib/libtorchbind_test",
    "torch/lib/libjitbackend_test",
    "torch/lib/libbackend_with_compiler",
    "PySide6/Qt/translations",  # the app speaks English; Qt's own words do without files then
    "PySide6/Qt/plugins/platformthemes/libqgtk3",  # would bring GTK
    "PySide6/Qt/plugins/platforms/libqlinuxfb",
    "PySide6/Qt/plugins/platforms/libqvnc",
    "PySide6/Qt/plugins/egldeviceintegrations",
    "PySide6/Qt/plugins/generic",
    "PySide6/Qt/qml",
    "PySide6/Qt/plugins/sqldrivers",
    "PySide6/Qt/plugins/networkinformation",
    "PySide6/Qt/plugins/tls",
    "pydicom/data/test_files",
    "pydicom/data/charset_files",
    "pyvista/examples",
    "pyvista/trame",
    "matplotlib/mpl-data/sample_data",
    "matplotlib/mpl-data/fonts/afm",
    "matplotlib/mpl-data/fonts/pdfcorefonts",
    "matplotlib/mpl-data/images",
    "matplotlib/mpl-data/fonts",  # pyvista takes colours from it, and draws no text with it
    "matplotlib/mpl-data/plot_directive",
    "PySide6/Qt/plugins/platforms/libqvkkhrdisplay",
    "PySide6/Qt/plugins/platforms/libqeglfs",
    "PySide6/Qt/plugins/platforms/libqminimal",
    "PySide6/Qt/plugins/imageformats/libqtiff",
    "PySide6/Qt/plugins/imageformats/libqwebp",
    "PySide6/Qt/plugins/imageformats/libqicns",
    "PySide6/Qt/plugins/imageformats/libqtga",
    "PySide6/Qt/plugins/imageformats/libqwbmp",
    "PySide6/Qt/plugins/imageformats/libqpdf",
    "PIL/_avif",
    "libavif",
    "scipy/datasets",
)


def is_wanted(name: str) -> bool:
    """Whether a file, by its path in the bundle, goes in."""
    path = name.replace("\\", "/")
    if path.startswith("skimage/") and path.endswith(".pyi"):
        return True  # scikit-image reads its own stubs
    return not any(part in path for part in UNWANTED) and not path.endswith((".a", ".lib", ".pyi"))


def is_cvistas_own(module: str) -> bool:
    """Whether a module of cvista loads without its package for reading and writing files."""
    return not module.startswith(("cvista.vtkIO", "cvista.vtkDomains", "cvista.vtkWeb"))


def mac_identity() -> str | None:
    """The certificate that signs the macOS app; without one it is signed ad hoc."""
    return os.environ.get("JRVIEWER_SIGNING_IDENTITY") or None


def mac_information(version: str) -> dict[str, Any]:
    """Info.plist: DICOM files open with JRViewer; files without an ending are offered too."""
    return {
        "CFBundleDisplayName": "JRViewer",
        "CFBundleShortVersionString": version,
        "NSHighResolutionCapable": True,
        "NSRequiresAquaSystemAppearance": False,
        "LSApplicationCategoryType": "public.app-category.medical",
        "LSMinimumSystemVersion": "12.0",
        "CFBundleDocumentTypes": [
            {
                "CFBundleTypeName": "DICOM image",
                "CFBundleTypeRole": "Viewer",
                "LSHandlerRank": "Alternate",
                "LSItemContentTypes": ["org.nema.dicom", "public.data", "public.folder"],
            }
        ],
        "UTImportedTypeDeclarations": [
            {
                "UTTypeIdentifier": "org.nema.dicom",
                "UTTypeDescription": "DICOM image",
                "UTTypeConformsTo": ["public.data", "public.image"],
                "UTTypeTagSpecification": {
                    "public.filename-extension": ["dcm", "dicom"],
                    "public.mime-type": ["application/dicom"],
                },
            }
        ],
    }
