"""LaTeX: a table with the rules of booktabs in which no name can do anything."""

import re

from anomeval.reporting.as_latex import escaped, result_to_latex
from tests.reporting.samples import HOSTILE, LEAK, METRICS, grouped, result, row


def test_groups_by_metrics_with_definitions_in_the_caption():
    metrics = (METRICS[0], METRICS[3], METRICS[6])
    shown = grouped(["brick", "a_b"], metrics, undefined=[("a_b", METRICS[6])], cautions=[LEAK])
    assert result_to_latex(shown, percent=True, places=1) == (
        r"""% needs \usepackage{booktabs}
\begin{table}
  \centering
  \caption{AUROC: Area under the ROC curve; ties count half. AUPRO@0.3 (fpr\_limit=0.3): """
        r"""Area under the per-region overlap curve up to a false positive rate. """
        r"""test.h5, 12 images (5 normal, 7 anomalous), 49,152 pixels, 0.64 \% anomalous """
        r"""in 9 regions, no fit, anomeval 0.1.0.}
  \label{tab:anomeval}
  \begin{tabular}{lrrr}
    \toprule
     & \multicolumn{1}{c}{image, \%} & \multicolumn{2}{c}{pixel, \%} \\
    \cmidrule(lr){2-2} \cmidrule(lr){3-4}
    category & AUROC & AUROC & AUPRO@0.3 \\
    \midrule
    brick & 87.5 & 90.0 & 80.0 \\
    a\_b & 87.4 & 89.9 & ---\textsuperscript{1} \\
    \midrule
    mean of 2 & 87.5 & 90.0 & 80.0\textsuperscript{2} \\
    \bottomrule
  \end{tabular}
  \par\footnotesize \textsuperscript{1} no anomalous images
  \par\footnotesize \textsuperscript{2} mean over the 1 of 2 groups where it is defined
  \par\footnotesize Caution: 3 of 12 images were seen by the fit (-{}-allow-overlap): """
        r"""metrics at the fitted threshold are optimistic
\end{table}
"""
    )


def test_without_groups_one_metric_per_line():
    rows = [row("image_ap", 0.5, interval=True), row("image_f1", 0.25, cut=2.5)]
    shown = result_to_latex(result(rows))
    assert r"\begin{tabular}{lrr}" in shown
    assert "image AP & 0.5000 {\\scriptsize 0.470--0.520} &  \\\\\n" in shown
    assert "image F1 & 0.2500 & 2.5 \\\\\n" in shown


def test_specials_are_escaped():
    assert escaped("50% & $1 #2 a_b {x}") == r"50\% \& \$1 \#2 a\_b \{x\}"
    assert escaped(r"\input~^<>|") == (
        r"\textbackslash{}input\textasciitilde{}\textasciicircum{}\textless{}\textgreater{}\textbar{}"
    )
    assert escaped("---") == "-{}-{}-"
    assert escaped("[1]*") == "{[}1{]}{*}"  # \\ would take a bracket or star for its own


def test_hostile_names_leave_the_table_whole():
    text = result_to_latex(grouped(HOSTILE, METRICS[:2]))
    lines = [line for line in text.splitlines() if line.endswith(r"\\")]
    assert len(lines) == 2 + len(HOSTILE) + 1
    assert all(len(re.findall(r"(?<!\\)&", line)) == 2 for line in lines[1:])
    assert text.encode()
