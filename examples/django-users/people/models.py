from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models


class Person(AbstractBaseUser, PermissionsMixin):
    """Known by an e-mail address, which X does not tell: whoever signs in with X may give one later."""

    email = models.EmailField(unique=True, null=True, blank=True)
    nickname = models.CharField(max_length=50)
    is_active = models.BooleanField(default=True)

    objects = BaseUserManager()

    USERNAME_FIELD = "email"
