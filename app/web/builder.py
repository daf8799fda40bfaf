"""Flask-AppBuilder without its own index, menu API, security screens and static files: ours stand there."""

from flask_appbuilder import AppBuilder


class ClinicBuilder(AppBuilder):
    """Registers only what the rooms declare."""

    def _add_admin_views(self) -> None:
        self.sm.register_views()

    def _add_global_static(self) -> None:
        """Nothing of Flask-AppBuilder's is served: every page has our own templates and assets."""

    def _add_menu_permissions(self, update_perms: bool = False) -> None:
        """The navigation asks for the pages' permissions, not for ones of its own."""
