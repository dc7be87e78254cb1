"""JupyterLab as ``tools/edit.py`` starts it; a person's own settings come after these."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
c = get_config()  # noqa: F821  (JupyterLab, which runs this file, gives it)

# Texts, design files and code are a click away; notebooks are where one begins.
c.ServerApp.root_dir = str(ROOT)
c.LabApp.default_url = "/lab/tree/notebooks"
c.ServerApp.kernel_spec_manager_class = "project_kernel.ProjectKernels"
c.FileContentsManager.post_save_hook = "set_up_git.after_save"
# No questions about news and no looking for updates: versions are those of the lock file.
c.LabApp.app_settings_dir = str(ROOT / "tools" / "lab-settings")
c.LabApp.news_url = None
c.LabApp.check_for_updates_class = "jupyterlab.NeverCheckForUpdate"
