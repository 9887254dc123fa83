from django.db import migrations, models


class Migration(migrations.Migration):
    """Additive: the release before this one goes on working while it is replaced."""

    dependencies = (("guestbook", "0001_initial"),)
    operations = (
        migrations.AddField(
            model_name="entry",
            name="words",
            field=models.PositiveIntegerField(editable=False, null=True),
        ),
    )
